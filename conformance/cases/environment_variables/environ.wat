;;! title = "The variables of the VM, and their addresses, in the order configured"
;;! spec = "environ_get"
;;! abi = ["0.2.1"]
;;! dialogue = []
;;! vm = { environment = [["KEY", "value"], ["EMPTY", ""], ["é", "="]] }
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{environ_sizes_get}}
    {{environ_get 0x100 0x200}}
    ;; The list of addresses and the strings, as they stand in memory now.
    {{proxy_log INFO 0x100 8}}
    {{proxy_log INFO 0x200 22}}
    (i32.const 1)))
