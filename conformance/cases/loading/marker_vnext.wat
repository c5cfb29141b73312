;;! title = "The draft is declared by either of two names"
;;! spec = "1.1 How a module declares its version"
;;! abi = ["vnext"]
(module {{imports}} {{memory}} {{malloc}} {{data}}
  (func (export "proxy_abi_version_vnext"))
  (func {{export proxy_on_http_request_headers}} {{CONTINUE}}))
