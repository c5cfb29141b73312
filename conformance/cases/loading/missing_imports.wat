;;! title = "Every import that the host lacks is listed at once"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module (import "env" "proxy_get_header_map_valu" (func (param i32 i32 i32 i32 i32) (result i32))) (import "env" "fd_write" (func (param i32 i32 i32 i32) (result i32))) (import "wasi_snapshot_preview2" "fd_write" (func)) (import "env" "nothing_like_it" (func)) {{marker}} (func (export "malloc") (param i32) (result i32) (i32.const 0)))
