;;! title = "Every host function, called from proxy_on_configure"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.2.1"]
;;! each = ["returning", "each ending"]
;;! plugin = [{ name = "plugin", root_id = "root", configuration = "plugin configuration" }]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{calls EACH}}
    (i32.const 1)))
