;;! title = "Every host function, called from envoy_on_resolve_dns"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.2.1"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ resolved = { resolution = 1, addresses = [["10.0.0.1", 60]] } }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{envoy_resolve_dns "example.com"}}
    (i32.const 1))
  (func {{export envoy_on_resolve_dns}}
    {{calls EACH}}))
