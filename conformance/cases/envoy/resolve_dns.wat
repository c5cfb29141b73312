;;! title = "A name is resolved for the plugin: the outcome comes with its token, in Envoy's form, on the plugin's context"
;;! spec = "envoy_resolve_dns"
;;! abi = ["0.1.0", "0.2.1"]
;;! dialogue = [
;;!   { request = {} },
;;!   { resolved = { resolution = 2, addresses = [] } },
;;!   { resolved = { resolution = 1, addresses = [["192.0.2.1", 60], ["2001:db8::1", 0]] } },
;;!   { resolved = { resolution = 3 } },
;;!   { resolved = { resolution = 3, addresses = [] } },
;;!   { finish = true },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{envoy_resolve_dns "example.com"}}
    {{envoy_resolve_dns "nowhere.example"}}
    {{envoy_resolve_dns ""}}
    {{CONTINUE}})
  (func {{export envoy_on_resolve_dns}}
    {{proxy_get_buffer_bytes FOREIGN_FUNCTION_ARGUMENTS 0 -1}}))
