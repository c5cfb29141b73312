;;! title = "The node's metadata: values of each kind"
;;! spec = "proxy_get_property"
;;! abi = ["0.2.1"]
;;! dialogue = []
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_get_property "xds\00node\00metadata\00text"}}
    {{proxy_get_property "xds\00node\00metadata\00number"}}
    {{proxy_get_property "xds\00node\00metadata\00flag"}}
    {{proxy_get_property "xds\00node\00metadata\00list"}}
    {{proxy_get_property "xds\00node\00metadata\00struct"}}
    {{proxy_get_property "xds\00node\00metadata\00struct\00inner"}}
    {{proxy_get_property "xds\00node\00metadata\00null"}}
    {{proxy_get_property "xds\00node\00metadata\00empty"}}
    {{proxy_get_property "xds\00node\00metadata\00nothing"}}
    ;; The name without xds.
    {{proxy_get_property "node\00metadata\00text"}}
    {{proxy_get_property "node\00id"}}
    (i32.const 1)))
