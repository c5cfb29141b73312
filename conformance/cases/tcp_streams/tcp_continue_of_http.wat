;;! title = "TCP's directions do not resume HTTP"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { request = {} },
;;!   { finish = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_continue_stream DOWNSTREAM}}
    {{proxy_continue_stream UPSTREAM}}
    {{PAUSE}}))
