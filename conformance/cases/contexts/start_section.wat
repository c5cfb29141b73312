;;! title = "Every host function, called from the start section: few are allowed"
;;! spec = "6.2 What may be called during start-up code"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/calls_in_the_start_section"]
;;! each = ["allowed_in_start", "each restricted_in_start", "each ending"]
;;! dialogue = []
(module {{prelude}}
  (func $start
    {{calls EACH}})
  (start $start))
