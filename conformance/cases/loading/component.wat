;;! title = "A component is not a module"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(component)
