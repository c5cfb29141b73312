;;! title = "A path is its segments with zero bytes between; one more at the end is accepted"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/property_path"]
;;! dialogue = [{ request = { headers = [["user-agent", "suite"]] } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "request\00headers\00user-agent"}}
    {{proxy_get_property "request\00headers\00user-agent\00"}}
    {{CONTINUE}}))
