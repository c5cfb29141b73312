;;! title = "What this host does not implement yet: UNIMPLEMENTED, and one log line each"
;;! spec = "proxy_call_foreign_function"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_call_foreign_function "function_name" "arguments"}}

    ;; A second call is not logged.
    {{proxy_call_foreign_function "function_name" "arguments"}}
    {{CONTINUE}}))
