;;! title = "Every host function, called from proxy_on_context_create"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.2.1"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ request = {} }]
(module {{prelude}}
  (func {{export proxy_on_context_create}}
    {{calls EACH}}))
