;;! title = "A token or a name that is outside memory: nothing begins. What is no name fails later"
;;! spec = "envoy_resolve_dns"
;;! abi = ["0.2.1"]
;;! dialogue = [{ resolved = { resolution = 1 } }, { resolved = { resolution = 2 } }]
(module {{prelude}}
  (data (i32.const 100) "\ff\fe")
  (func {{export proxy_on_configure}}
    {{envoy_resolve_dns "a\00b"}}
    (drop (call $envoy_resolve_dns (i32.const 100) (i32.const 2) (i32.const 16)))
    (drop (call $envoy_resolve_dns (i32.const -1) (i32.const 4) (i32.const 16)))
    (drop (call $envoy_resolve_dns (i32.const 100) (i32.const 0) (i32.const -1)))
    (i32.const 1))
  (func {{export envoy_on_resolve_dns}}))
