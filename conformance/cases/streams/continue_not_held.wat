;;! title = "Resuming what is not held does nothing; the next filter is called once"
;;! spec = "proxy_continue_stream"
;;! abi = ["0.2.0", "0.2.1"]
;;! plugin = [{ name = "first" }, { name = "second" }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{CONTINUE}}))
