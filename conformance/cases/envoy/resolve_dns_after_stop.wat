;;! title = "What comes for a plugin that has gone is dropped"
;;! spec = "envoy_resolve_dns"
;;! abi = ["0.2.1"]
;;! dialogue = [{ stop = "plugin" }, { resolved = { resolution = 1, addresses = [] } }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{envoy_resolve_dns "example.com"}}
    (i32.const 1))
  (func {{export envoy_on_resolve_dns}}))
