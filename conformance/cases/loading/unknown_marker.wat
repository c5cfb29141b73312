;;! title = "A version that is not known is refused by name"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module (func (export "proxy_abi_version_0_3_0")) (func (export "proxy_abi_version_0_2_100")) (func (export "malloc") (param i32) (result i32) (i32.const 0)))
