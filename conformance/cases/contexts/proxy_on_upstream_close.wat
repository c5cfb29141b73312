;;! title = "Every host function, called from proxy_on_upstream_close of the draft"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["vnext"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ connect = true }, { downstream_data = { data = "body" } }, { upstream_data = { data = "body" } }, { downstream_data = { data = "", end = true } }, { upstream_data = { data = "", end = true } }]
(module {{prelude}}
  (func {{export proxy_on_upstream_close}}
    {{calls EACH}}))
