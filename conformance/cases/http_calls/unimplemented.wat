;;! title = "What this host does not implement yet: UNIMPLEMENTED, and one log line each"
;;! spec = "proxy_http_call"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "upstream_name" {"a" "b"} "body" {"a" "b"} 1}}

    ;; A second call is not logged.
    {{proxy_http_call "upstream_name" {"a" "b"} "body" {"a" "b"} 1}}
    {{CONTINUE}}))
