;;! title = "There are no arguments"
;;! spec = "args_get"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{args_sizes_get}}
    {{args_get 0x100 0x200}}
    {{args_sizes_get 0xfffd 0x10}}
    {{args_sizes_get 0x10 0xfffd}}
    (i32.const 1)))
