;;! title = "What this host does not implement yet: UNIMPLEMENTED, and one log line each"
;;! spec = "proxy_get_shared_data"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_shared_data "key"}}
    {{proxy_set_shared_data "key" "value" 1}}

    ;; A second call is not logged.
    {{proxy_get_shared_data "key"}}
    {{CONTINUE}}))
