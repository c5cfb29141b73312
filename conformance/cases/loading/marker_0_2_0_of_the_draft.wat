;;! title = "A module of 0.2.0 with one of the draft's callbacks for HTTP streams speaks the draft"
;;! spec = "1.1 How a module declares its version"
;;! abi = ["vnext"]
;;! dialogue = [{ request = { method = "POST", body = ["x"], trailers = [["t", "1"]] } }]
(module {{imports}} {{memory}} {{malloc}} {{data}}
  (func (export "proxy_abi_version_0_2_0"))
  (func {{export proxy_on_http_request_trailers}} {{CONTINUE}})
  (func {{export proxy_on_request_headers}} {{CONTINUE}}))
