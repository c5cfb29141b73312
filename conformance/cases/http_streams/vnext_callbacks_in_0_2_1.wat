;;! title = "A module of 0.2.1 is not called by the draft's names"
;;! spec = "proxy_on_http_request_headers"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func (export "proxy_on_http_request_headers") (param i32 i32 i32) (result i32) (unreachable))
  (func {{export proxy_on_response_headers}} {{CONTINUE}}))
