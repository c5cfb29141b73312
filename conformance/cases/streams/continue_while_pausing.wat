;;! title = "Resuming inside the callback that pauses: the answer counts first, then the request"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{PAUSE}}))
