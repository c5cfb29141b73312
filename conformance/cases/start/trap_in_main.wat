;;! title = "So is one in `main`"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export _initialize}}
    (nop))
  (func {{export main}}
    (unreachable)))
