;;! title = "A bad list, a bad buffer and a bad result address are faults; nothing is logged"
;;! spec = "fd_write"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{fd_write 1 0xfff9 1}}
    {{fd_write 1 0 -1}}
    {{fd_write 1 @"\00\00\01\00\01\00\00\00" 1}}
    {{fd_write 1 @"\ff\ff\ff\ff\00\00\00\00" 1}}
    {{fd_write 1 ["x"] 0xfffd}}
    (i32.const 1)))
