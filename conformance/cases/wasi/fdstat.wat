;;! title = "What `fd_fdstat_get` writes: the one right is to write"
;;! spec = "fd_fdstat_get"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    (memory.fill (i32.const 0x100) (i32.const 0x3f) (i32.const 32))
    {{fd_fdstat_get 1 0x104}}
    {{proxy_log INFO 0x100 32}}
    (i32.const 1)))
