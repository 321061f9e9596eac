helm upgrade --install ingress-nginx ingress-nginx/ingress-nginx --namespace ingress-nginx
