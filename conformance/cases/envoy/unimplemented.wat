;;! title = "What this host does not implement yet: UNIMPLEMENTED, and one log line each"
;;! spec = "envoy_resolve_dns"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{envoy_resolve_dns "example.com"}}
    (i32.const 1))
  (func {{export envoy_on_resolve_dns}})
  (func {{export envoy_on_stats_update}}))
