;;! title = "Every host function, called from __main_void: few are allowed"
;;! spec = "6.2 What may be called during start-up code"
;;! abi = ["0.2.1"]
;;! each = ["allowed_in_start", "each restricted_in_start", "each ending"]
;;! dialogue = []
(module {{prelude}}
  (func {{export _initialize}})
  (func {{export __main_void}}
    {{calls EACH}}
    (i32.const 0)))
