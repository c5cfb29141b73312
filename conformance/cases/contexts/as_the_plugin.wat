;;! title = "Every host function, called from a stream on behalf of the plugin's context"
;;! spec = "8.5 `proxy_set_effective_context`"
;;! abi = ["0.2.1"]
;;! each = ["returning"]
;;! dialogue = [{ request = { headers = [["x-name", "old"]], body = ["body"], trailers = [["x-name", "old"]] } }, { response = { headers = [["x-name", "old"]], body = ["body"], trailers = [["x-name", "old"]] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_effective_context 1}}
    {{calls EACH context_id=1}}
    {{CONTINUE}}))
