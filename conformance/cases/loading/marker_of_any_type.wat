;;! title = "The type of the marker does not matter"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module (func (export "proxy_abi_version_0_2_1") (param i64) (result f32) (unreachable)) (func (export "malloc") (param i32) (result i32) (i32.const 0)))
