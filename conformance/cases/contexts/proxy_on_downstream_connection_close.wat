;;! title = "Every host function, called from proxy_on_downstream_connection_close"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.2.1"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ connect = true }, { downstream_data = { data = "body" } }, { upstream_data = { data = "body" } }, { downstream_data = { data = "", end = true } }, { upstream_data = { data = "", end = true } }]
(module {{prelude}}
  (func {{export proxy_on_downstream_connection_close}}
    {{calls EACH}}))
