;;! title = "Fills the buffer; more than 64 KiB at once is refused before the address is looked at"
;;! spec = "random_get"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{imports}} {{marker}} {{malloc}} {{data}}
  (memory (export "memory") 3)
  (func {{export proxy_on_configure}}
    {{random_get 0x10000 4}}
    {{random_get 0x10000 4}}
    {{random_get 0x10000 0}}
    {{random_get 0x10000 65536}}
    {{random_get 0x10000 65537}}
    {{random_get -1 65537}}
    {{random_get 0x2ffff 2}}
    {{random_get -1 0}}
    (i32.const 1)))
