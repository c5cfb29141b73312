;;! title = "A module must export an allocator"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{marker}} (memory (export "memory") 1))
