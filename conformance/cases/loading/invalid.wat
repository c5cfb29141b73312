;;! title = "A module that is not valid is refused with the place"
;;! spec = "6.1 Load"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{marker}} (func (result i32)))
