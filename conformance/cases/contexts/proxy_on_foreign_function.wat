;;! title = "Every host function, called from proxy_on_foreign_function"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.2.1"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ foreign_function = { plugin = "plugin", id = 7, arguments = "body" } }]
(module {{prelude}}
  (func {{export proxy_on_foreign_function}}
    {{calls EACH}}))
