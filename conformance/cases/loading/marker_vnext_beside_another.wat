;;! title = "A marker of a released version decides, wherever the draft's stands"
;;! spec = "1.1 How a module declares its version"
;;! abi = ["0.2.1"]
(module {{imports}} {{memory}} {{malloc}} {{data}}
  (func (export "proxy_abi_version_0_x_x"))
  {{marker}}
  (func (export "proxy_on_http_request_headers") (param i32 i32 i32) (result i32) (unreachable))
  (func {{export proxy_on_request_headers}} {{CONTINUE}}))
