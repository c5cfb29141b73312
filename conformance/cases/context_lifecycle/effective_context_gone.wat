;;! title = "A context that has been deleted is unknown"
;;! spec = "proxy_set_effective_context"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { response = {} }, { finish = true }, { request = {} }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_effective_context 2}}
    {{proxy_set_effective_context 3}}
    {{CONTINUE}}))
