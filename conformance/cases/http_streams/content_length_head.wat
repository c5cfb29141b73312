;;! title = "The answer to HEAD keeps the length of the body that it does not have"
;;! spec = "proxy_on_response_headers"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = { method = "HEAD" } }, { response = { headers = [["content-length", "10"]] } }]
(module {{prelude}}
  (func {{export proxy_on_response_body}}
    (nop)
    {{CONTINUE}}))
