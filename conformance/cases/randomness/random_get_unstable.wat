;;! title = "Fills the buffer; more than 64 KiB at once is refused before the address is looked at"
;;! spec = "random_get"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{imports}} {{marker}} {{malloc}} {{data}}
  (memory (export "memory") 3)
  (func {{export proxy_on_configure}}
    {{wasi_unstable.random_get 0x10000 4}}
    {{wasi_unstable.random_get 0x10000 4}}
    {{wasi_unstable.random_get 0x10000 0}}
    {{wasi_unstable.random_get 0x10000 65536}}
    {{wasi_unstable.random_get 0x10000 65537}}
    {{wasi_unstable.random_get -1 65537}}
    {{wasi_unstable.random_get 0x2ffff 2}}
    {{wasi_unstable.random_get -1 0}}
    (i32.const 1)))
