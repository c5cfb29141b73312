;;! title = "The callback for HTTP calls begins like the draft's, and is in every version"
;;! spec = "1.1 How a module declares its version"
;;! abi = ["0.2.0"]
(module {{prelude}}
  (func {{export proxy_on_http_call_response}})
  (func (export "proxy_on_http_something_else"))
  (func {{export proxy_on_request_headers}} {{CONTINUE}}))
