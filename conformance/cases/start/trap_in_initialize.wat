;;! title = "A trap in `_initialize` is a failure to start"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export _initialize}}
    (unreachable)))
