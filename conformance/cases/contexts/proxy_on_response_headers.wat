;;! title = "Every host function, called from proxy_on_response_headers"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ request = { headers = [["x-name", "old"]], body = ["body"], trailers = [["x-name", "old"]] } }, { response = { headers = [["x-name", "old"]], body = ["body"], trailers = [["x-name", "old"]] } }]
(module {{prelude}}
  (func {{export proxy_on_response_headers}}
    {{calls EACH}}
    {{CONTINUE}}))
