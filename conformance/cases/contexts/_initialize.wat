;;! title = "Every host function, called from _initialize: few are allowed"
;;! spec = "6.2 What may be called during start-up code"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/calls_while_starting"]
;;! each = ["allowed_in_start", "each restricted_in_start", "each ending"]
;;! vm = { environment = [["KEY", "value"]] }
;;! dialogue = []
(module {{prelude}}
  (func {{export _initialize}}
    {{calls EACH}}))
