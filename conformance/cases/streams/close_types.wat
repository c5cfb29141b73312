;;! title = "Unknown streams are refused; those of connections are taken, and nothing happens"
;;! spec = "proxy_close_stream"
;;! abi = ["0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_close_stream 4}}
    {{proxy_close_stream -1}}
    {{proxy_close_stream DOWNSTREAM}}
    {{proxy_close_stream UPSTREAM}}
    {{CONTINUE}}))
