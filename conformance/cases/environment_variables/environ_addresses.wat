;;! title = "Addresses outside memory are faults"
;;! spec = "environ_get"
;;! abi = ["0.2.1"]
;;! dialogue = []
;;! vm = { environment = [["KEY", "value"]] }
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{environ_sizes_get 0xfffd 0x10}}
    {{environ_sizes_get 0x10 0xfffd}}
    {{environ_get 0xfffd 0x200}}
    {{environ_get 0x100 0xfffd}}
    (i32.const 1)))
