;;! title = "Of several markers the first known one decides"
;;! spec = "1.1 How a module declares its version"
;;! abi = ["0.2.1"]
(module {{imports}} (func (export "proxy_abi_version_0_3_0")) (func (export "proxy_abi_version_0_1_0")) (func (export "proxy_abi_version_0_2_1")) {{memory}} {{data}} (func (export "malloc") (param i32) (result i32) (i32.const 0))
  (func (export "proxy_on_request_headers") (param i32 i32) (result i32)
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS "x-missing"}}
    (i32.const 0)))
