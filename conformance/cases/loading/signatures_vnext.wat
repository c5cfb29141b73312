;;! title = "The draft's callbacks have the types of the draft, and those of 0.2.1 their own"
;;! spec = "6.1 Load"
;;! abi = ["vnext"]
;;! dialogue = []
(module {{marker}} {{malloc}}
  (func (export "proxy_on_http_request_headers") (param i32 i32) (result i32) (i32.const 0))
  (func (export "proxy_on_http_request_trailers") (param i32 i32) (result i32) (i32.const 0))
  (func (export "proxy_on_grpc_call_close") (param i32 i32 i32) (result i32) (i32.const 0))
  (func (export "proxy_on_request_headers") (param i32 i32) (result i32) (i32.const 0)))
