;;! title = "Every host function, called from proxy_on_http_response_headers of the draft"
;;! spec = "8.6 Which function is useful in which context"
;;! abi = ["vnext"]
;;! each = ["returning", "each ending"]
;;! dialogue = [{ request = { headers = [["x-name", "old"]], body = ["body"], trailers = [["x-name", "old"]] } }, { response = { headers = [["x-name", "old"]], body = ["body"], trailers = [["x-name", "old"]] } }]
(module {{prelude}}
  (func {{export proxy_on_http_response_headers}}
    {{calls EACH}}
    {{CONTINUE}}))
