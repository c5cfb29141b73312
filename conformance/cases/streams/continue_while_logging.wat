;;! title = "At the end of the stream nothing can be resumed"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    (nop)
    {{PAUSE}})
  (func {{export proxy_on_log}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{proxy_close_stream HTTP_REQUEST}}))
