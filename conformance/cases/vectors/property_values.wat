;;! title = "Numbers are eight bytes, and a boolean is one"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/property_values"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "destination\00port"}}
    {{proxy_get_property "connection\00mtls"}}
    {{CONTINUE}}))
