;;! title = "Imports of another type are listed with what the host has"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module (import "env" "proxy_log" (func (param i32 i32) (result i32))) (import "env" "proxy_record_metric" (func (param i32 i32) (result i32))) (import "wasi_unstable" "clock_time_get" (func (param i32 i32 i32) (result i32))) {{marker}} (func (export "malloc") (param i32) (result i32) (i32.const 0)))
