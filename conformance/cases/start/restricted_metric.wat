;;! title = "What may not be called while the module starts ends the start"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export _initialize}}
    {{proxy_define_metric COUNTER "c"}}))
