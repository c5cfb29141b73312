;;! title = "Unknown streams are refused; those of connections are taken, and nothing happens"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_continue_stream 4}}
    {{proxy_continue_stream -1}}
    {{proxy_continue_stream DOWNSTREAM}}
    {{proxy_continue_stream UPSTREAM}}
    {{CONTINUE}}))
